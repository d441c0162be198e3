// A password can be looked at before it is sent.

for (const input of document.querySelectorAll("input[type=password]")) {
  const button = make("button", { type: "button", className: "show", ariaPressed: "false" }, "Show");
  button.ariaLabel = `Show ${input.labels[0].textContent.toLowerCase()}`;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.ariaPressed = String(shown);
  };
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false)); // browsers remember and keep text fields
  input.after(button);
}
