// Draws the charts anew, while the page is visible and `live` is checked.
const INTERVAL = 2000; // milliseconds

const live = document.querySelector("#live");
live.parentElement.hidden = false;

setInterval(async () => {
  if (!live.checked || document.hidden) return;
  try {
    const response = await fetch("status?part=1");
    if (response.ok) document.querySelector("#charts").innerHTML = await response.text();
  } catch {
    // the server does not answer: the last charts stay
  }
}, INTERVAL);
