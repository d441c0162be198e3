// With the keyboard alone, and without sending anything twice.

import { assert, base, numbered, scenario } from "./support.mjs";

/** Presses Tab and names what has the keyboard afterwards, `count` times. */
async function tab(visitor, count) {
  const stops = [];
  for (let stop = 0; stop < count; stop++) {
    await visitor.page.keyboard.press("Tab");
    stops.push(await visitor.focused());
  }
  return stops;
}

const press = (visitor, key) => visitor.page.keyboard.press(key);
const idOf = (row, kind) => row.getAttribute("id").then((id) => id.replace("todo", kind));

scenario("Tab leads through the login page in the order of reading, and past the head", {}, async (visitor) => {
  await visitor.page.goto("/login");
  assert.deepEqual(await tab(visitor, 5), ["skip", "username", "password", "show", "button"]);
  await visitor.page.goto("/login");
  await tab(visitor, 1);
  await press(visitor, "Enter");
  assert.equal(await visitor.focused(), "main");
  assert.deepEqual(await tab(visitor, 1), ["username"]);
});

scenario("a password can be shown and is hidden again when it is sent", {}, async (visitor) => {
  const { page } = visitor;
  await page.goto("/login");
  await page.fill("#password", "visible");
  const button = page.getByRole("button", { name: "Show password" });
  await button.press("Space");
  assert.equal(await page.getAttribute("#password", "type"), "text");
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  await button.press("Space");
  assert.equal(await page.getAttribute("#password", "type"), "password");
  await button.press("Space");
  await page.evaluate(() => document.forms[0].addEventListener("submit", (event) => event.preventDefault()));
  await page.press("#password", "Enter");
  assert.equal(await page.getAttribute("#password", "type"), "password");
});

scenario("the list works by keyboard, and the keyboard never gets lost", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  const [first, second] = [visitor.row("First"), visitor.row("Second")];
  const controls = (row) => Promise.all(["handle", "check", "text", "remove"].map((kind) => idOf(row, kind)));
  const [handle, check, text, remove] = await controls(first);
  const head = ["skip", "a", "button quiet", "description", "button", "summary", "a", "a", "a", "a", "a", "q", "button quiet", "a"];
  const rows = [handle, check, text, remove, ...(await controls(second))];
  assert.deepEqual(await tab(visitor, 23), [...head, ...rows, "keys-open"]);

  await page.focus("#description");
  await page.keyboard.type("Third");
  await visitor.change(() => press(visitor, "Enter"));
  assert.equal(await visitor.focused(), "description");
  await page.keyboard.type(" ");
  visitor.expect(422);
  await visitor.change(() => press(visitor, "Enter"));
  assert.equal(await visitor.focused(), "description");
  assert.equal(await page.getAttribute("#description", "aria-invalid"), "true");
  await page.keyboard.type("Fourth");
  await visitor.change(() => press(visitor, "Enter"));
  assert.deepEqual(await visitor.texts(), ["Fourth", "Third", "First", "Second"]);

  for (const key of ["Space", "Enter"]) {
    await page.focus(`#${check}`);
    await visitor.change(() => press(visitor, key));
    assert.equal(await visitor.focused(), check);
    assert.equal(await page.getAttribute(`#${check}`, "aria-checked"), String(key === "Space"));
  }

  assert.deepEqual(await tab(visitor, 2), [text, remove]);
  await visitor.change(() => press(visitor, "Enter"));
  assert.equal(await visitor.focused(), "undo");
  await visitor.change(() => press(visitor, "Space"));
  assert.equal(await visitor.focused(), check);
});

scenario("Tab leads through the account, the password and the sessions in the order of reading", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  assert.deepEqual(await tab(visitor, 2), ["skip", "a"]);
  await visitor.go(() => press(visitor, "Enter"));
  assert.equal(visitor.path(), "/account");
  assert.deepEqual(await tab(visitor, 6), ["skip", "a", "a", "a", "a", "button quiet"]);
  await page.goto("/change-password");
  const fields = ["current_password", "show", "new_password", "show", "new_password_again", "show"];
  assert.deepEqual(await tab(visitor, 9), ["skip", ...fields, "button", "a"]);
  await page.goto("/sessions");
  assert.deepEqual(await tab(visitor, 3), ["skip", "a", "a"], "it cannot end its own session");
});

scenario("after showing more the keyboard is at the first new row", {}, async (visitor) => {
  await visitor.signUp();
  await visitor.stock(numbered(53));
  await visitor.page.focus("#more a");
  await visitor.change(() => press(visitor, "Enter"));
  assert.equal(await visitor.focused(), await idOf(visitor.row("To-do 51"), "check"));
});

scenario("single keys work outside of fields, are listed, and can be switched off", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await press(visitor, "n");
  assert.equal(await visitor.focused(), "description");
  await page.keyboard.type("n?");
  assert.equal(await page.inputValue("#description"), "n?");
  assert(await dialog.isHidden());

  await page.focus("nav a");
  await press(visitor, "Control+n");
  assert.notEqual(await visitor.focused(), "description");
  await press(visitor, "?");
  assert(await dialog.isVisible());
  await press(visitor, "n");
  assert.equal(await dialog.locator(":focus").count(), 1);
  await press(visitor, "Escape");
  assert(await dialog.isHidden());
  assert.equal(await visitor.focused(), "a");

  await press(visitor, "?");
  await dialog.getByRole("checkbox").press("Space");
  await dialog.getByRole("button", { name: "Close" }).press("Enter");
  await page.reload();
  await page.focus("nav a");
  await press(visitor, "?");
  await press(visitor, "n");
  assert(await dialog.isHidden());
  assert.equal(await visitor.focused(), "a");

  await page.getByRole("button", { name: "Keyboard shortcuts" }).press("Enter");
  await dialog.getByRole("checkbox").press("Space");
  await press(visitor, "Escape");
  await press(visitor, "n");
  assert.equal(await visitor.focused(), "description");
});

scenario("three quick presses of Add add once", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  let posts = 0;
  page.on("request", (request) => (posts += request.method() === "POST" ? 1 : 0));
  await page.fill("#description", "Only once");
  await visitor.change(() =>
    page.evaluate(() => {
      const form = document.getElementById("add");
      for (let time = 0; time < 3; time++) form.requestSubmit();
    }),
  );
  assert.equal(posts, 1);
  await page.reload();
  assert.deepEqual(await visitor.texts(), ["Only once"]);
});

scenario("the same form sent twice adds once, without JavaScript", { javaScript: false }, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  const id = await page.inputValue("#add [name=todo_id]");
  for (let time = 0; time < 2; time++) {
    const response = await visitor.post(base, { todo_id: id, description: "Only once" });
    assert.equal(response.status(), 303);
  }
  await page.reload();
  assert.deepEqual(await visitor.texts(), ["Only once"]);
});
