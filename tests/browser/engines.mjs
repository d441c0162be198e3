// What every engine has to pass, in one process, so that a browser starts but once: `ENGINE=firefox node engines.mjs`.

import "./story.test.mjs";
import "./edit.test.mjs";
import "./quick_add.test.mjs";
import "./views.test.mjs";
import "./move.test.mjs";
import "./search.test.mjs";
import "./focus.test.mjs";
import "./leaving.test.mjs";
