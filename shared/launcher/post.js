"use strict";
// The release step at the end of the job: stops what the step of the same folder started.

const { launch } = require("./launching.js");

module.exports = (folder) => launch(folder, "release");
