"use strict";
// A lock file as its entries, and as parts that several installers work on at once.

/** The packages of a lock file: { name, text } of each entry, its hashes included. */
function entries(text) {
  return text
    .replace(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .filter((line) => line.trim() && !line.trim().startsWith("#"))
    .map((line) => ({ name: nameOf(line), text: line.trim() }));
}

/**
 * Split entries into at most `number` parts of about the same work; none is empty.
 *
 * Entries of one name stay together, since only an installer that sees both can refuse them.
 */
function parts(all, number) {
  const names = new Map();
  for (const { name, text } of all) names.set(name, [...(names.get(name) || []), text]);
  const split = Array.from({ length: Math.min(number, names.size) }, () => []);
  [...names.values()].forEach((texts, index) => split[index % number].push(...texts));
  return split;
}

// As indexes compare names: packaging.python.org, "Names and normalization".
function nameOf(line) {
  const [name] = /^\s*[\w.-]+/.exec(line) || [line];
  return name.trim().toLowerCase().replace(/[-_.]+/g, "-");
}

module.exports = { entries, parts };
