// The keyboard stays where it is through every action and every refresh, in every engine.

import assert from "node:assert/strict";
import { numbered, scenario } from "./everywhere.mjs";

const checked = (screen, target) => screen.attribute(target, "aria-checked");

/** What Tab leads to from here. */
async function next({ screen }) {
  await screen.press("Tab");
  return screen.focused();
}

/** What a browser says to a tab that comes to the front. */
const comesToFront = ({ screen }) => screen.run(() => void document.dispatchEvent(new Event("visibilitychange")));

/** Adds from another device, so that the page does not know yet. */
async function addsElsewhere(visitor, description) {
  assert.equal((await visitor.post("/", { description })).status(), 303);
}

/** The id of a control of the row with that text: `check`, `text` (its link) or `remove`. */
function idOf({ screen }, text, kind) {
  return screen.run((text, kind) => {
    const rows = [...document.querySelectorAll("#todos > li")];
    return rows.find((row) => row.querySelector(".text > a")?.textContent === text)?.getAttribute("id").replace("todo", kind);
  }, text, kind);
}

scenario("completing and reopening by keyboard leaves it on the checkbox", {}, async (visitor) => {
  const { screen } = visitor;
  await visitor.signUp();
  await visitor.stock(["Third", "Second", "First"]);
  for (const text of ["First", "Second", "Third"]) {
    const check = await idOf(visitor, text, "check");
    await screen.focus(`#${check}`);
    for (const done of ["true", "false"]) {
      await visitor.change(() => screen.press("Space"));
      assert.equal(await screen.focused(), check, `the keyboard on ${text}`);
      assert.equal(await checked(screen, { checkbox: text }), done);
    }
    assert.equal(await next(visitor), await idOf(visitor, text, "text"), `after ${text}`);
  }
});

scenario("a refresh leaves it where it was", {}, async (visitor) => {
  const { screen } = visitor;
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  const controls = ["check", "text", "remove"].flatMap((kind) => ["First", "Second"].map((text) => [text, kind]));
  for (const [text, kind] of controls) {
    const id = await idOf(visitor, text, kind);
    await screen.focus(`#${id}`);
    await visitor.change(() => comesToFront(visitor)); // nothing has changed
    assert.equal(await screen.focused(), id, `${kind} of ${text}`);
    await addsElsewhere(visitor, `While at ${kind} of ${text}`);
    await visitor.change(() => comesToFront(visitor));
    assert.equal((await screen.texts())[0], `While at ${kind} of ${text}`);
    assert.equal(await screen.focused(), id, `${kind} of ${text}, with a new first row`);
  }
  await screen.fill("#description", "Half a thought");
  await addsElsewhere(visitor, "While typing");
  await visitor.change(() => comesToFront(visitor));
  assert.equal(await screen.focused(), "description");
  await screen.type("ful text");
  assert.equal(await screen.value("#description"), "Half a thoughtful text");
});

scenario("adding, removing, undoing and showing more by keyboard lead on", {}, async (visitor) => {
  const { screen } = visitor;
  await visitor.signUp();
  await visitor.stock(numbered(53));
  visitor.expect(422);
  await screen.focus("#description");
  for (const [text, status] of [["Bread", /^Added/], [" ", /^$/], ["Butter", /^Added/]]) {
    await screen.type(text);
    await visitor.change(() => screen.press("Enter"));
    assert.match(await screen.said(), status);
    assert.equal(await screen.focused(), "description");
  }

  await screen.focus(`#${await idOf(visitor, "To-do 2", "remove")}`);
  const check = await idOf(visitor, "To-do 2", "check");
  await visitor.change(() => screen.press("Enter"));
  assert.equal(await screen.focused(), "undo");
  await visitor.change(() => screen.press("Space"));
  assert.equal(await screen.focused(), check);

  await screen.focus("#more a");
  await visitor.change(() => screen.press("Enter"));
  assert.equal(await screen.focused(), await idOf(visitor, "To-do 51", "check"));
});

scenario("Tab leads through the list in the order of reading", {}, async (visitor) => {
  const { screen } = visitor;
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  await screen.focus("#description");
  const rows = [];
  for (const text of ["First", "Second"]) for (const kind of ["handle", "check", "text", "remove"]) rows.push(await idOf(visitor, text, kind));
  // Add, the help, five views, the search and all tags.
  const expected = ["button", "summary", "a", "a", "a", "a", "a", "q", "button quiet", "a", ...rows, "keys-open"];
  const stops = [];
  for (const _ of expected) stops.push(await next(visitor));
  assert.deepEqual(stops, expected);
});
