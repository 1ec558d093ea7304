// Made by `modelyard generate` from the declarations of the operations; don't edit.
require("../../shared/launcher/post.js")(__dirname);
