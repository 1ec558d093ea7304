"use strict";
// The step itself. A generated folder's main.js calls this with its own folder.

const { launch } = require("./launching.js");

module.exports = (folder) => launch(folder, "run");
