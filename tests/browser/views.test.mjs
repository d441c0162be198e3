// The lists by due date: a heading for each day, and what belongs to it comes and goes without a reload.

import assert from "node:assert/strict";
import { modes, scenario } from "./everywhere.mjs";

const headings = ({ screen }) => screen.all("#todos h2");
const count = ({ screen }) => screen.text("#count-by-day");

for (const { javaScript, name } of modes) {
  scenario(`a day is planned in the list of today, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.stock(["Renew the passport due:2020-01-31", "Buy milk"]);
    await visitor.go(() => screen.click({ link: "Today" }));
    assert.deepEqual([await headings(visitor), await screen.texts()], [["Overdue"], ["Renew the passport"]]);
    await visitor.add("Call mum due:today at:17:00");
    await visitor.add("Water the plants due:today at:08:00");
    await screen.until(() => document.querySelectorAll("#todos > li:not(.day)").length === 3);
    assert.deepEqual(await headings(visitor), ["Overdue", "Today"]);
    assert.deepEqual(await screen.texts(), ["Renew the passport", "Water the plants", "Call mum"]);
    assert.match(await count(visitor), /^3 due by today/);
    await visitor.change(() => screen.click({ checkbox: "Call mum" }));
    assert.match(await count(visitor), /^2 due by today/);
    await visitor.add("Not of today");
    assert.match(await screen.said(), /^Added/);
    await visitor.go(() => screen.click({ link: "Show it" }));
    assert.equal((await screen.texts())[0], "Not of today");
  });

  scenario(`what is upcoming stands below its day, and moves by an edit, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.stock(["Pay the rent due:2199-12-24", "Buy tickets due:2199-12-01"]);
    await visitor.go(() => screen.click({ link: "Upcoming" }));
    const days = ["Sunday, 1 December 2199", "Tuesday, 24 December 2199"];
    assert.deepEqual([await headings(visitor), await screen.texts()], [days, ["Buy tickets", "Pay the rent"]]);
    assert.match(await count(visitor), /^2 due after today/);
    const todo_id = await screen.run(() => find({ link: "Pay the rent" }).id.replace("text-", ""));
    assert.equal((await visitor.post("/edit-todo", { todo_id, due_date: "2199-11-30" })).status(), 303);
    await screen.reload();
    assert.deepEqual(await screen.texts(), ["Pay the rent", "Buy tickets"]);
  });
}
