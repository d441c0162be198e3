// To-dos are moved: dragged with a mouse or a finger, by keys, and without JavaScript by the page that edits them.

import assert from "node:assert/strict";
import { engine, modes, scenario } from "./everywhere.mjs";
import { pause } from "./screen.mjs";

const texts = ["Fourth", "Third", "Second", "First"];
const shown = ({ screen }) => screen.texts();
const idOf = ({ screen }, text) => screen.run((text) => find({ link: text }).id.replace("text-", ""), text);

/** The middle of the handle of a row, or of the row at that height. */
const placeOf = ({ screen }, text) =>
  screen.run((text) => {
    const { left, top, width, height } = find({ link: text }).closest("li").querySelector(".handle").getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }, text);

/** Drags a row just beyond the middle of another one, by a way in between. */
async function drag(visitor, pointerType, text, onto) {
  const { screen } = visitor;
  // In the middle of the window, far from the edges at which the page scrolls along.
  await screen.run(() => find("#todos").scrollIntoView({ block: "center", behavior: "instant" }));
  await pause(100);
  const [from, to] = [await placeOf(visitor, text), await placeOf(visitor, onto)];
  const beyond = { x: to.x, y: to.y + Math.sign(to.y - from.y) * 30 };
  await visitor.change(() => screen.tab.drag(pointerType, [from, { x: from.x, y: (from.y + to.y) / 2 }, beyond]));
}

/** As the server has it. */
async function stored(visitor) {
  await visitor.screen.reload();
  return shown(visitor);
}

const start = async (visitor) => {
  await visitor.signUp();
  await visitor.stock([...texts].reverse());
  assert.deepEqual(await shown(visitor), texts);
};

scenario("a row is dragged with the mouse, up and down", {}, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  await drag(visitor, "mouse", "First", "Fourth");
  assert.deepEqual(await shown(visitor), ["First", "Fourth", "Third", "Second"]);
  assert.equal(await screen.said(), "Moved “First”. It is number 1 of 4.");
  await drag(visitor, "mouse", "Fourth", "Third");
  const order = ["First", "Third", "Fourth", "Second"];
  assert.deepEqual(await shown(visitor), order);
  assert.deepEqual(await stored(visitor), order);
  await drag(visitor, "mouse", "Third", "Second");
  assert.deepEqual(await stored(visitor), ["First", "Fourth", "Second", "Third"]);
  await visitor.add("New");
  assert.equal((await stored(visitor))[0], "New");
});

const touch = { skip: engine === "webkit" && "its driver has no fingers", hasTouch: true };
scenario("a row is dragged with a finger, and the page does not scroll with it", touch, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  await screen.run(() => {
    find("#todos").scrollIntoView({ block: "center", behavior: "instant" });
    window.scrolled = scrollY;
  });
  await drag(visitor, "touch", "First", "Third");
  assert.deepEqual(await shown(visitor), ["Fourth", "First", "Third", "Second"]);
  assert.equal(await screen.run(() => scrollY - scrolled), 0);
  assert.deepEqual(await stored(visitor), ["Fourth", "First", "Third", "Second"]);
});

scenario("the arrow keys move a row, and say where it stands", {}, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  const handle = `handle-${await idOf(visitor, "Second")}`;
  await screen.focus(`#${handle}`);
  assert.equal(await screen.run(() => named(document.activeElement)), "Move");
  for (const [key, index] of [["ArrowUp", 1], ["ArrowUp", 0], ["ArrowDown", 1]]) {
    await visitor.change(() => screen.press(key));
    await screen.until((index) => find("#status").innerText.includes(`number ${index + 1} of 4`), index);
    assert.equal((await shown(visitor))[index], "Second");
    assert.equal(await screen.focused(), handle);
  }
  await screen.press("ArrowDown");
  await screen.press("ArrowDown");
  await screen.until(() => find("#status").innerText.includes("number 4 of 4"));
  assert.deepEqual(await stored(visitor), ["Fourth", "Third", "First", "Second"]);
});

scenario("Escape puts a row back that is dragged", {}, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  await screen.run(() => {
    const handle = document.querySelector("#todos > li:last-child .handle");
    const { left, top } = handle.getBoundingClientRect();
    const say = (type, y) =>
      handle.dispatchEvent(new PointerEvent(type, { pointerId: 1, button: 0, clientX: left + 5, clientY: y, bubbles: true, cancelable: true }));
    // No pointer that a script makes can be captured.
    Element.prototype.setPointerCapture = () => {};
    say("pointerdown", top + 5);
    say("pointermove", top - 100);
    document.moved = [...document.querySelectorAll("#todos .text > a")].map((link) => link.textContent);
  });
  assert.notDeepEqual(await screen.run(() => document.moved), texts);
  await screen.press("Escape");
  assert.deepEqual(await shown(visitor), texts);
  assert.deepEqual(await stored(visitor), texts);
});

scenario("a list that comes while a row is dragged waits for its end", {}, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  const say = (type, text) =>
    screen.run((type, text) => {
      Element.prototype.setPointerCapture = () => {};
      const { left, top } = find({ link: text }).closest("li").querySelector(".handle").getBoundingClientRect();
      const handle = (document.handle ??= find({ link: text }).closest("li").querySelector(".handle"));
      const at = { pointerId: 1, button: 0, clientX: left + 5, clientY: top + 5, bubbles: true, cancelable: true };
      handle.dispatchEvent(new PointerEvent(type, at));
    }, type, text);
  await say("pointerdown", "First");
  await say("pointermove", "Third");
  assert.equal((await visitor.post("/", { description: "From elsewhere" })).status(), 303);
  await visitor.change(() => screen.run(() => void find("#refresh").dispatchEvent(new Event("refresh"))));
  assert.deepEqual(await shown(visitor), ["Fourth", "First", "Third", "Second"]);
  await say("pointerup", "Fourth");
  await screen.until(() => find({ link: "From elsewhere" }) !== null);
  assert.deepEqual(await shown(visitor), ["From elsewhere", "Fourth", "First", "Third", "Second"]);
  assert.deepEqual(await stored(visitor), ["From elsewhere", "Fourth", "First", "Third", "Second"]);
});

scenario("a move beside what another device has removed is said, and shows the list as it is", {}, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  const todo_id = await idOf(visitor, "Fourth");
  assert.equal((await visitor.post("/remove-todo", { todo_id })).status(), 303);
  visitor.expect(409);
  await drag(visitor, "mouse", "First", "Fourth");
  await screen.until(() => find({ link: "Fourth" }) === null);
  assert.match(await screen.said(), /is not there any more/);
  assert.deepEqual(await shown(visitor), ["Third", "Second", "First"]);
  assert.deepEqual(await stored(visitor), ["Third", "Second", "First"]);
});

scenario("open ones are moved among open ones, and what is due by day is not moved", {}, async (visitor) => {
  const { screen } = visitor;
  await start(visitor);
  for (const text of ["Second", "First"]) {
    assert.equal((await visitor.post("/update-todo", { todo_id: await idOf(visitor, text) })).status(), 303);
  }
  await screen.reload();
  await drag(visitor, "mouse", "Fourth", "First");
  assert.deepEqual(await shown(visitor), ["Third", "Fourth", "Second", "First"]);
  await drag(visitor, "mouse", "First", "Third");
  assert.deepEqual(await stored(visitor), ["Third", "Fourth", "First", "Second"]);
  await screen.open("/?show=done");
  assert.equal(await screen.count(".handle"), 0);
});

for (const { javaScript, name } of modes) {
  scenario(`the page that edits a to-do moves it up and down, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await start(visitor);
    await screen.open(`/edit-todo?id=${await idOf(visitor, "Second")}`);
    for (const words of ["Move up", "Move up", "Move down"]) {
      await screen.go(() => screen.click({ button: words }));
      assert.equal(await screen.text("[role=status]"), "Moved.");
    }
    await screen.open("/");
    assert.deepEqual(await shown(visitor), ["Fourth", "Second", "Third", "First"]);
  });
}
