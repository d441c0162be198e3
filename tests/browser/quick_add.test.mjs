// Words of a new to-do set its other fields; what is understood is said, and can be taken back.

import assert from "node:assert/strict";
import { modes, scenario } from "./everywhere.mjs";

const typed = "Call mum due:2199-12-24 at:17:05 every:2weeks !high";
const said = "Added “Call mum”, due Tuesday, 24 December 2199 at 17:05, every 2 weeks, high priority.";
const button = { button: "Keep it as plain text" };

/** What the line below the text of the first row says, but for the date on which it was added. */
const plan = ({ screen }) => screen.all("#todos li:first-child small > span:not(:last-child)");

for (const { javaScript, name } of modes) {
  scenario(`words set the plan, are said and taken back by keyboard, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.add(typed);
    assert.equal(await screen.said(), said);
    assert.deepEqual(await screen.texts(), ["Call mum"]);
    assert.equal((await plan(visitor)).length, 3);
    assert.equal(await screen.value("#description"), "");
    await screen.run((button) => find(button).focus(), button);
    await visitor.change(() => screen.press("Enter"));
    assert.deepEqual(await screen.texts(), [typed]);
    assert.deepEqual(await plan(visitor), []);
    assert.match(await screen.said(), /^Saved/);
  });

  scenario(`words that another device has overtaken are not taken back, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    visitor.expect(409);
    await visitor.signUp();
    await visitor.add(typed);
    const todo_id = await screen.run(() => find({ link: "Call mum" }).id.replace("text-", ""));
    assert.equal((await visitor.post("/edit-todo", { todo_id, due_date: "2198-01-01" })).status(), 303);
    await visitor.change(() => screen.click(button));
    assert.match(await screen.text(".edit [role=alert]"), /^Another device has changed this to-do/);
    assert.equal(await screen.value(".edit [name=description]"), typed);
    await visitor.change(() => screen.click({ link: "Cancel" }));
    assert.deepEqual(await screen.texts(), ["Call mum"]);
  });

  scenario(`a typing error in a word stays text and is named, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    visitor.expect(422);
    await visitor.signUp();
    await visitor.add("Buy milk due:tomorow");
    assert.deepEqual(await screen.texts(), ["Buy milk due:tomorow"]);
    assert.match(await screen.said(), /“due:tomorow” stays text\. After due: comes a day/);
    assert.equal(await screen.count(button), 0);
    await visitor.add("!high due:fri");
    assert.match(await screen.text("#description-error"), /these words only say when/);
    assert.equal(await screen.value("#description"), "!high due:fri", "what was typed is there");
  });

  scenario(`the help for the words opens, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    assert.equal(await screen.isVisible(".help p"), false);
    await screen.click(".help summary");
    await screen.until(() => find(".help p").checkVisibility());
    if (!javaScript) return;
    await visitor.add("Buy milk !low");
    await visitor.change(() => screen.run(() => void find("#refresh").dispatchEvent(new Event("refresh"))));
    assert.equal(await screen.isVisible(".help p"), true, "no answer shuts it");
  });
}
