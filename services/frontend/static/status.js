// Draws the charts and the rollouts anew, while the page is visible and `live` is checked.
const PARTS = [
  { selector: "#charts", path: "status?part=1", interval: 2000 }, // milliseconds
  { selector: "#rollouts", path: "status/rollouts", interval: 10000 },
];

const live = document.querySelector("#live");
live.parentElement.hidden = false;

for (const { selector, path, interval } of PARTS) {
  setInterval(async () => {
    const part = document.querySelector(selector);
    if (!live.checked || document.hidden || part.contains(document.activeElement)) return;
    try {
      const response = await fetch(path);
      if (response.ok) part.innerHTML = await response.text();
    } catch {
      // the server does not answer: what was drawn last stays
    }
  }, interval);
}
