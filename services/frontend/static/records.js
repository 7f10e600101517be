// The last answers of this tab, each with a thumbnail, by their page's path: another page of ours on
// the same site has its own. They never leave the browser.
const FORMAT = "2"; // of a record; those of another are left where they are
const MAX_RECORDS = 12;
const MAX_LENGTH = 2_000_000; // characters of all records of a page; browsers keep some 5 million

export function load(path) {
  try {
    return JSON.parse(sessionStorage.getItem(path + FORMAT)) ?? [];
  } catch {
    return [];
  }
}

// One more. The oldest are dropped where there are too many or, with masks, they are too large; one
// that is too large by itself isn't kept.
export function save(path, record) {
  if (JSON.stringify(record).length > MAX_LENGTH / 2) return;
  const records = [...load(path), record].slice(-MAX_RECORDS);
  while (JSON.stringify(records).length > MAX_LENGTH) records.shift();
  try {
    sessionStorage.setItem(path + FORMAT, JSON.stringify(records));
  } catch {
    // the browser's storage is full or off: then the answers last as long as the page
  }
}

export function clear(path) {
  sessionStorage.removeItem(path + FORMAT);
}
