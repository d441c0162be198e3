// What is searched for is found and marked, what has a tag is listed, with and without a script.

import assert from "node:assert/strict";
import { modes, scenario } from "./everywhere.mjs";

const rows = ({ screen }) => screen.all("#todos li .text > a");

for (const { javaScript, name } of modes) {
  scenario(`a search finds parts of words and marks them, ${name}`, { javaScript }, async (visitor) => {
    const { screen } = visitor;
    await visitor.signUp();
    await visitor.stock(["Keptas žąsis #Home", "100% a_b", "Milk #home"]);
    await screen.fill("#q", "ZASIS kept");
    await visitor.go(() => screen.click({ button: "Search" }));
    assert.deepEqual(await rows(visitor), ["Keptas žąsis #Home"]);
    assert.deepEqual(await screen.all("mark"), ["Kept", "žąsis"]);
    assert.equal(await screen.value("#q"), "ZASIS kept");

    await screen.fill("#q", "bread");
    await visitor.go(() => screen.click({ button: "Search" }));
    assert.equal(await screen.text(".empty"), "Nothing was found.");
    await visitor.go(() => screen.click({ link: "Clear the search" }));
    assert.equal((await rows(visitor)).length, 3);

    await visitor.go(() => screen.click({ link: "All tags" }));
    await visitor.go(() => screen.click({ link: "#Home" }));
    assert.deepEqual((await rows(visitor)).sort(), ["Keptas žąsis #Home", "Milk #home"]);
    await visitor.go(() => screen.click({ link: "Show other to-dos too" }));
    assert.equal((await rows(visitor)).length, 3);
  });
}
