import assert from "node:assert/strict";
import { releaseNotes } from "./check.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

- later

## 1.2.0 - 2026-03-01

### Added

- one

## 1.1.0 - unreleased

- zero

## 1.0.0 - 2026-01-01
`;

Deno.test("releaseNotes() is the section of the version", () => {
  assert.equal(releaseNotes("v1.2.0", "1.2.0", CHANGELOG), "### Added\n\n- one\n");
});

Deno.test("releaseNotes() refuses another tag, and a section without date or words", () => {
  const cases: [tag: string, version: string, why: RegExp][] = [
    ["v1.3.0", "1.2.0", /The tag is "v1\.3\.0", but lib\/version\.ts says "1\.2\.0"/],
    ["1.2.0", "1.2.0", /The tag is "1\.2\.0"/],
    ["v1.1.0", "1.1.0", /but one with "unreleased"/],
    ["v9.0.0", "9.0.0", /has no line "## 9\.0\.0 - <year>-<month>-<day>"$/],
    ["v1.0.0", "1.0.0", /says nothing about 1\.0\.0/],
  ];
  for (const [tag, version, why] of cases) {
    assert.throws(() => releaseNotes(tag, version, CHANGELOG), why, tag);
  }
});
