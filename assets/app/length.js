// How much more the field takes, before it is sent: seen at once near the end, and heard in a pause.

const NEAR = 20;
const seen = make("span", { hidden: true, ariaHidden: "true" });
const heard = make("span", { className: "hidden", role: "status" });
let pause;

function words(left) {
  const many = `${Math.abs(left)} character${Math.abs(left) === 1 ? "" : "s"}`;
  return left < 0 ? `${many} too many` : `${many} left`;
}

function measure() {
  const { value, dataset } = find("#description");
  const left = Number(dataset.max) - [...value].length;
  seen.hidden = left > NEAR;
  seen.textContent = words(left);
  seen.classList.toggle("error", left < 0);
  clearTimeout(pause);
  pause = setTimeout(() => {
    heard.textContent = seen.hidden ? "" : seen.textContent;
  }, 1_000);
}

if (find("#add")) {
  find("#add").after(make("p", { id: "length" }, seen, heard));
  measure();
  on("input", measure);
  on("htmx:after:swap", measure);
}
