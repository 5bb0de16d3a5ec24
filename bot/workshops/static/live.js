// Looks for what has changed, and puts it on the screen. Without this script the page loads itself anew.
"use strict";
const now = document.getElementById("now");
const every = 700; // milliseconds: what is let through is on the screen within two seconds
let shown = "";
async function look() {
  try {
    const answer = await fetch(location.pathname + "/now", { cache: "no-store" });
    const page = answer.ok ? await answer.text() : shown;
    if (page !== shown) {
      now.innerHTML = page;
      shown = page;
    }
  } catch {
    // The server is away for a moment: what stands there stays.
  }
  setTimeout(look, every);
}
look();
