// Made by `modelyard generate` from the declarations of the operations; don't edit.
require("../../shared/launcher/main.js")(__dirname);
