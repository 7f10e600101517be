// The last answers of this tab, with a small picture of each. They never leave the browser.
const MOST = 12;

export function kept(page) {
  try {
    return JSON.parse(sessionStorage.getItem(page)) ?? [];
  } catch {
    return [];
  }
}

export function keep(page, record) {
  try {
    sessionStorage.setItem(page, JSON.stringify([...kept(page), record].slice(-MOST)));
  } catch {
    // the browser has no room, or keeps nothing: then the answers last as long as the page
  }
}

export function forget(page) {
  sessionStorage.removeItem(page);
}

export async function thumbnail(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, 240 / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, bitmap.width * scale);
    canvas.height = Math.max(1, bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/webp", 0.8);
  } catch {
    return ""; // not a picture; the server says so
  }
}
