// The last answers of this tab, each with a thumbnail, by their page's path: another page of ours on
// the same site has its own. They never leave the browser.
const MAX_RECORDS = 12;

export function load(path) {
  try {
    return JSON.parse(sessionStorage.getItem(path)) ?? [];
  } catch {
    return [];
  }
}

export function save(path, record) {
  try {
    sessionStorage.setItem(path, JSON.stringify([...load(path), record].slice(-MAX_RECORDS)));
  } catch {
    // the browser's storage is full or off: then the answers last as long as the page
  }
}

export function clear(path) {
  sessionStorage.removeItem(path);
}
