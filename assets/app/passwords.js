// A password can be looked at before it is sent.

for (const input of document.querySelectorAll("input[type=password]")) {
  const button = make("button", { type: "button", className: "show", ariaPressed: "false" }, "Show");
  button.ariaLabel = `Show ${input.labels[0].textContent.toLowerCase()}`;
  const setVisible = (shown) => {
    input.type = shown ? "text" : "password";
    button.ariaPressed = String(shown);
  };
  button.addEventListener("click", () => setVisible(input.type === "password"));
  input.form.addEventListener("submit", () => setVisible(false)); // browsers remember and keep text fields
  input.after(button);
}
