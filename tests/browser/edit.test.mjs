// A to-do is edited in place: nothing that is typed is lost, whatever other devices do meanwhile.

import assert from "node:assert/strict";
import { modes, scenario } from "./everywhere.mjs";

const field = ".edit [name=description]";

/** Opens the form of the row with that text. */
const open = (visitor, text) => visitor.change(() => visitor.screen.click({ link: text }));

/** The id of the to-do with that text. */
const idOf = ({ screen }, text) =>
  screen.run((text) => find({ link: text }).id.replace("text-", ""), text);

/** Catches up as a tab does that comes to the front. */
const refresh = (visitor) =>
  visitor.change(() => visitor.screen.run(() => void find("#refresh").dispatchEvent(new Event("refresh"))));

/** As another device would. */
async function elsewhere(visitor, path, form) {
  assert.equal((await visitor.post(path, form)).status(), 303);
}

/** Drivers type dates in as many ways as there are engines; what a field holds is the same in all. */
async function set({ screen }, name, value) {
  await screen.run((name, value) => {
    const field = find(`.edit [name=${name}]`);
    field.value = value;
    for (const event of ["input", "change"]) field.dispatchEvent(new Event(event, { bubbles: true }));
  }, name, value);
  assert.equal(await screen.value(`.edit [name=${name}]`), value);
}

/** What the line below the text of the first row says, but for the date on which it was added. */
const plan = ({ screen }) => screen.all("#todos li:first-child small > span:not(:last-child)");

for (const { javaScript, name } of modes) {
  scenario(`notes, due date, priority and repeat are set and said in words, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.stock(["Buy milk"]);
    await open(visitor, "Buy milk");
    await screen.fill(".edit [name=notes]", "Oat, or soy");
    await set(visitor, "due_date", "2199-12-24");
    await set(visitor, "due_time", "17:05");
    await set(visitor, "priority", "high");
    await set(visitor, "repeat_every", "week");
    await set(visitor, "repeat_interval", "2");
    await visitor.change(() => screen.click({ button: "Save" }));
    assert.match(await screen.said(), /^Saved/);
    const [due, ...others] = await plan(visitor);
    assert.match(due, javaScript ? /^Due .*24.*2199.*5:05/ : /^Due 24 Dec 2199 17:05$/);
    assert.deepEqual(others, ["High priority", "Every 2 weeks", "Has notes"]);

    await open(visitor, "Buy milk");
    assert.equal(await screen.value(".edit [name=notes]"), "Oat, or soy");
    await set(visitor, "repeat_every", "");
    const tomorrow = await screen.attribute({ button: "Tomorrow" }, "value");
    if (javaScript) {
      await screen.click({ button: "Tomorrow" });
      assert.equal(await screen.value(".edit [name=due_date]"), tomorrow);
      assert.equal(await screen.focused(), "due_date-" + (await screen.value(".edit [name=todo_id]")));
      await visitor.change(() => screen.click({ button: "Save" }));
    } else {
      await visitor.change(() => screen.click({ button: "Tomorrow" }));
    }
    assert.equal(await screen.attribute("#todos small time", "datetime"), `${tomorrow}T17:05`);
    const [changed] = await plan(visitor);
    // A day has no zone: it is the same wherever the browser is.
    assert.match(changed, new RegExp(`\\b${Number(tomorrow.slice(-2))}\\b`));
    assert.equal((await plan(visitor)).length, 3);
  });

  scenario(`days of the week and the last date of a repeat are set, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.stock(["Run"]);
    await open(visitor, "Run");
    assert.equal(await screen.isVisible(".days"), false, "it does not repeat yet");
    assert.equal(await screen.isVisible(".edit [name=repeat_until]"), false);
    await set(visitor, "due_date", "2199-12-24");
    await set(visitor, "repeat_every", "month");
    assert.equal(await screen.isVisible(".edit [name=repeat_until]"), true);
    assert.equal(await screen.isVisible(".days"), false, "months have none");
    await set(visitor, "repeat_every", "week");
    await set(visitor, "repeat_until", "2199-12-30");
    for (const day of ["Thu", "Mon"]) {
      await screen.focus({ checkbox: day });
      await screen.press(" ");
    }
    if (javaScript) {
      await screen.reload();
      await screen.until(() => find(".edit [name=repeat_until]")?.value === "2199-12-30");
    }
    const ticked = () => screen.run(() => [...document.querySelectorAll(".days :checked")].map((box) => box.value));
    assert.deepEqual(await ticked(), ["mo", "th"]);
    await visitor.change(() => screen.click({ button: "Save" }));
    assert.deepEqual((await plan(visitor)).slice(1), ["Every week on Mon and Thu until 30 Dec 2199"]);
    await open(visitor, "Run");
    assert.deepEqual(await ticked(), ["mo", "th"]);
    await screen.click({ checkbox: "Mon" });
    await visitor.change(() => screen.click({ button: "Save" }));
    assert.deepEqual((await plan(visitor)).slice(1), ["Every week on Thu until 30 Dec 2199"]);
  });

  scenario(`a text is corrected, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.stock(["Water the plants", "Buy mlik"]);
    const id = await idOf(visitor, "Buy mlik");
    await open(visitor, "Buy mlik");
    assert.equal(await screen.value(field), "Buy mlik");
    if (!javaScript) assert.equal(await screen.title(), "Edit a to-do – Tickbox");
    visitor.expect(422);
    await screen.fill(field, " ");
    await visitor.change(() => screen.press("Enter"));
    assert.match(await screen.title(), /^Error: /);
    assert.equal(await screen.text(".edit .error"), "Error: Enter what there is to do");
    assert.equal(await screen.value(field), " ");
    await screen.fill(field, "Buy milk");
    await visitor.change(() => screen.click({ button: "Save" }));
    assert.deepEqual(await screen.texts(), ["Buy milk", "Water the plants"]);
    assert.match(await screen.said(), /^Saved/);
    assert.doesNotMatch(await screen.title(), /^Error/);
    if (javaScript) assert.equal(await screen.focused(), `text-${id}`);

    await open(visitor, "Buy milk");
    await screen.fill(field, "Buy nothing");
    await visitor.change(() => screen.click({ link: "Cancel" }));
    assert.deepEqual(await screen.texts(), ["Buy milk", "Water the plants"]);
    if (javaScript) assert.equal(await screen.focused(), `text-${id}`);
    await open(visitor, "Buy milk");
    assert.equal(await screen.value(field), "Buy milk");
  });

  scenario(`of two texts of two devices a person chooses, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    visitor.expect(409);
    await visitor.signUp();
    await visitor.stock(["Buy milk"]);
    const todo_id = await idOf(visitor, "Buy milk");
    for (const [now, keepsTheirs] of [["Buy milk", false], ["Buy tea", true]]) {
      await open(visitor, now);
      await elsewhere(visitor, "/edit-todo", { todo_id, description: "Buy oat milk" });
      await screen.fill(field, "Buy tea ");
      await screen.type("today");
      await visitor.change(() => screen.press("Enter"));
      assert.match(await screen.text(".edit [role=alert]"), /^Another device has changed this to-do/);
      assert.equal(await screen.text(".edit bdi"), "Buy oat milk");
      assert.equal(await screen.value(field), "Buy tea today");
      if (keepsTheirs) await screen.click({ checkbox: "Keep the one of the other device" });
      else await screen.fill(field, "Buy tea");
      await visitor.change(() => screen.click({ button: "Save" }));
      assert.deepEqual(await screen.texts(), [keepsTheirs ? "Buy oat milk" : "Buy tea"]);
    }
  });

  scenario(`an edit survives the end of the session, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    visitor.expect(401, 403);
    await visitor.signUp();
    await visitor.stock(["Buy milk"]);
    await open(visitor, "Buy milk");
    await screen.fill(field, "Buy “oat” milk");
    assert.equal((await visitor.post("/logout", {})).status(), 303);
    await visitor.go(() => screen.press("Enter"));
    assert.equal(await screen.text("h1"), "Login");
    await visitor.logIn();
    const kept = javaScript ? field : "#description";
    await screen.until((kept) => find(kept)?.value === "Buy “oat” milk", kept);
    await visitor.change(() => screen.click({ button: "Save" }));
    assert.deepEqual(await screen.texts(), ["Buy “oat” milk"]);
  });
}

scenario("Enter on a text opens its form, Escape leaves it, and the keyboard stays with the row", {}, async (visitor) => {
  const { screen } = visitor;
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  const id = await idOf(visitor, "Second");
  await screen.focus(`#text-${id}`);
  await visitor.change(() => screen.press("Enter"));
  assert.equal(await screen.focused(), `description-${id}`);
  await screen.type(" thoughts");
  assert.equal(await screen.value(field), "Second thoughts", "one types on behind the text");
  await visitor.change(() => screen.press("Escape"));
  assert.deepEqual(await screen.texts(), ["First", "Second"]);
  assert.equal(await screen.focused(), `text-${id}`);
  await visitor.change(() => screen.press("Enter"));
  assert.equal(await screen.value(field), "Second", "what was cancelled is gone");
});

scenario("what is typed stays while other devices change, add and remove", {}, async (visitor) => {
  const { screen } = visitor;
  visitor.expect(409);
  await visitor.signUp();
  await visitor.stock(["Third", "Second", "First"]);
  const [todo_id, first] = [await idOf(visitor, "Second"), await idOf(visitor, "First")];
  await open(visitor, "Second");
  await screen.type(" th");
  const isUntouched = async (typed, what) => {
    await refresh(visitor);
    assert.equal(await screen.value(field), typed, what);
    assert.equal(await screen.focused(), `description-${todo_id}`, what);
  };
  await elsewhere(visitor, "/", { description: "New" });
  await elsewhere(visitor, "/edit-todo", { todo_id, description: "Second, elsewhere" });
  await isUntouched("Second th", "its text was changed");
  assert.deepEqual(await screen.texts(), ["New", "First", "Third"]);
  await screen.type("oug");
  await elsewhere(visitor, "/update-todo", { todo_id: first });
  await isUntouched("Second thoug", "the order has changed");
  assert.deepEqual(await screen.all("#todos > li"), await screen.all("#todos > li:not(:empty)"));
  await elsewhere(visitor, "/remove-todo", { todo_id });
  await isUntouched("Second thoug", "it was removed");
  await isUntouched("Second thoug", "it is still removed");
  await screen.type("hts");

  await visitor.change(() => screen.press("Enter"));
  assert.match(await screen.text(".edit [role=alert]"), /^This to-do is removed/);
  assert.equal(await screen.value(field), "Second thoughts");
  await visitor.change(() => screen.click({ button: "Restore and save" }));
  assert.match(await screen.text(".edit [role=alert]"), /^Another device has changed/);
  assert.equal(await screen.text(".edit bdi"), "Second, elsewhere");
  await visitor.change(() => screen.click({ button: "Save" }));
  await refresh(visitor);
  assert.deepEqual(await screen.texts(), ["New", "Second thoughts", "Third", "First"]);
});

scenario("a reload brings the open form back with what was typed", {}, async (visitor) => {
  const { screen } = visitor;
  visitor.expect(409);
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  const todo_id = await idOf(visitor, "Second");
  await open(visitor, "Second");
  await screen.fill(field, "Second thoughts");
  await elsewhere(visitor, "/edit-todo", { todo_id, description: "Second, elsewhere" });
  await screen.reload();
  await screen.until((field) => find(field)?.value === "Second thoughts", field);
  await screen.focus(field);
  await visitor.change(() => screen.press("Enter"));
  assert.equal(await screen.text(".edit bdi"), "Second, elsewhere", "it is what was seen then that counts");
  await visitor.change(() => screen.press("Escape"));
  await screen.reload();
  assert.equal(await screen.count("form.edit"), 0);
});
