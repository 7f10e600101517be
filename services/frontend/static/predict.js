// One picture to one model; `query` is empty or begins with a question mark. XMLHttpRequest, since
// fetch reports no progress of an upload. Resolves to the answer with its whole time as `total` (milliseconds); rejects with the problem,
// or with {} where the server does not answer.
export function predict(file, modelId, query, token, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const started = performance.now();
    request.open("POST", `model/${encodeURIComponent(modelId)}/predict${query}`);
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("Accept", "application/json, application/problem+json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    request.onerror = () => reject({});
    request.onload = () => {
      if (request.status === 200 && request.response) {
        resolve({ ...request.response, total: performance.now() - started });
      } else reject(request.response ?? {});
    };
    request.send(file);
  });
}
