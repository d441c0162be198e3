// How much more a field takes, before it is sent: seen at once near the end, and heard in a pause.

const NEAR = 20;
let pause;

function remaining(left) {
  const many = `${Math.abs(left)} character${Math.abs(left) === 1 ? "" : "s"}`;
  return left < 0 ? `${many} too many` : `${many} left`;
}

// The words stand behind the form that adds, which answers replace, or behind the field.
function wordsOf(field) {
  const place = field.closest("#add") ?? field;
  const there = place.nextElementSibling;
  if (there?.matches(".length")) return there;
  const visible = make("span", { hidden: true, ariaHidden: "true" });
  const words = make("p", { className: "length" }, visible, make("span", { className: "hidden", role: "status" }));
  place.after(words);
  return words;
}

function showRemaining(field) {
  const [visible, announced] = wordsOf(field).children;
  const left = Number(field.dataset.max) - [...field.value].length;
  visible.hidden = left > NEAR;
  visible.textContent = remaining(left);
  visible.classList.toggle("error", left < 0);
  clearTimeout(pause);
  pause = setTimeout(() => {
    announced.textContent = visible.hidden ? "" : visible.textContent;
  }, 1_000);
}

const showAll = () => document.querySelectorAll("[data-max]").forEach(showRemaining);

on("input", ({ target }) => {
  if (target.dataset.max) showRemaining(target);
});
on("htmx:after:swap", showAll);
showAll();
