// One picture to one model. XMLHttpRequest, since fetch tells nothing of an upload's progress.
// Resolves to the answer with its whole time as `total`; rejects with the problem, or {} when the
// server is away.
export function ask(file, model, token, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const began = performance.now();
    request.open("POST", `/model/${encodeURIComponent(model)}/predict`);
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Accept", "application/json, application/problem+json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = () => reject({});
    request.onload = () => {
      if (request.status === 200 && request.response) {
        resolve({ ...request.response, total: performance.now() - began });
      } else reject(request.response ?? {});
    };
    request.send(file);
  });
}
