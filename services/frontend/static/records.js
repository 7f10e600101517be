// The last answers of this tab, each with a thumbnail, by page. They never leave the browser.
const MAX_RECORDS = 12;

export function load(page) {
  try {
    return JSON.parse(sessionStorage.getItem(page)) ?? [];
  } catch {
    return [];
  }
}

export function save(page, record) {
  try {
    sessionStorage.setItem(page, JSON.stringify([...load(page), record].slice(-MAX_RECORDS)));
  } catch {
    // the browser's storage is full or off: then the answers last as long as the page
  }
}

export function clear(page) {
  sessionStorage.removeItem(page);
}
