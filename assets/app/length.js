// How much more the field takes, before it is sent: seen at once near the end, and heard in a pause.

const NEAR = 20;
const visible = make("span", { hidden: true, ariaHidden: "true" });
const announced = make("span", { className: "hidden", role: "status" });
let pause;

function remaining(left) {
  const many = `${Math.abs(left)} character${Math.abs(left) === 1 ? "" : "s"}`;
  return left < 0 ? `${many} too many` : `${many} left`;
}

function showRemaining() {
  const { value, dataset } = find("#description");
  const left = Number(dataset.max) - [...value].length;
  visible.hidden = left > NEAR;
  visible.textContent = remaining(left);
  visible.classList.toggle("error", left < 0);
  clearTimeout(pause);
  pause = setTimeout(() => {
    announced.textContent = visible.hidden ? "" : visible.textContent;
  }, 1_000);
}

if (find("#add")) {
  find("#add").after(make("p", { id: "length" }, visible, announced));
  showRemaining();
  on("input", showRemaining);
  on("htmx:after:swap", showRemaining);
}
