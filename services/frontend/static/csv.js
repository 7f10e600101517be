// The answers of this tab as a CSV file; table.py of the server writes the same of one picture.
const BYTE_ORDER_MARK = "\ufeff"; // without it a spreadsheet takes UTF-8 for something else

// An entry is {file, model, task, columns, rows} or {file, model, task, problem}.
export function toCsv(entries) {
  const rows = entries.flatMap(rowsOf);
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const lines = rows.map((row) => columns.map((name) => cell(row[name])).join(","));
  return `${BYTE_ORDER_MARK}${[columns.map(cell).join(","), ...lines].join("\r\n")}\r\n`;
}

export function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // once it is saved
}

// A row for each thing that was found; one without it where nothing was.
function rowsOf({ file, model, task, columns = [], rows = [], problem }) {
  const common = { file, model, task };
  if (problem) return [{ ...common, problem }];
  const found = rows.length ? rows : [[]];
  return found.map((row) => ({ ...common, ...Object.fromEntries(columns.map((name, index) => [name, row[index]])) }));
}

// No spreadsheet takes a text for a formula that has an apostrophe before it.
function cell(value) {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
