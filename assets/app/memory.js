// Browsers keep pages in memory and show them again on the way back or forward, also when their session
// has ended or another user has logged in, and without a request. So the page of an account hides
// itself when it is left, and one that comes out of memory is loaded anew.

const main = find("#main[data-account]");

if (main) {
  window.addEventListener("pagehide", () => {
    main.hidden = true;
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    // Not `reload()`, which would send a form once more.
    if (persisted) location.replace(location.pathname + location.search);
  });
}
