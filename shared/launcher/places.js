"use strict";
// Where private environments are kept: the tool cache of the agent, else a folder of this user alone
// below the folder for temporary files.

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { Failure, ofFileSystem } = require("./failure.js");

/** The tool cache's folder for Modelyard, or "" where there is no tool cache. */
function inToolCache(environment) {
  const cache = toolCaches(environment)[0];
  return cache ? path.join(cache, "modelyard") : "";
}

/** The tool caches that the environment names. */
function toolCaches({ RUNNER_TOOL_CACHE, AGENT_TOOLSDIRECTORY }) {
  const named = [RUNNER_TOOL_CACHE, AGENT_TOOLSDIRECTORY].filter(Boolean);
  return [...new Set(named.map((folder) => path.resolve(folder)))];
}

/** The folder of this user alone; it is made. Refused when others could have written in it. */
function ownFolder() {
  const user = os.userInfo();
  const folder = path.join(os.tmpdir(), `modelyard-${user.uid < 0 ? user.username : user.uid}`);
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code !== "EEXIST") throw ofFileSystem(error, os.tmpdir());
  }
  const found = fs.lstatSync(folder);
  const private_ = user.uid < 0 || (found.uid === user.uid && (found.mode & 0o077) === 0);
  if (!found.isDirectory() || !private_) {
    throw new Failure("EnvironmentFailed", `${folder} isn't a folder of this user alone`, {
      cause: "somebody else made it, or its mode lets others write in it",
      fix: "remove it, or set RUNNER_TOOL_CACHE or AGENT_TOOLSDIRECTORY to a folder of your own",
    });
  }
  return folder;
}

module.exports = { inToolCache, ownFolder, toolCaches };
