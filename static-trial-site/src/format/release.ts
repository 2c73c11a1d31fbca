/** `release+jwt`: the files of a release with their hashes, signed (docs/format.md, section 4). */

import type { Claims } from "./claims";
import { FormatError } from "./error";

/** The most files in one release. */
const MOST_FILES = 50;

/** A file of a release. */
export interface ListedFile {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of the content, 43 characters. */
  readonly sha256: string;
}

/** The claims of a release. */
export interface Release {
  readonly issuer: string;
  readonly product: string;
  readonly id: string;
  readonly issuedAt: number;
  readonly version: string;
  readonly channel: string;
  readonly files: ListedFile[];
}

/** Reads the claims of a verified payload. */
export function readRelease(claims: Claims): Release {
  const listed = claims.objects("files");
  const release = {
    issuer: claims.string("iss"),
    product: claims.product(),
    id: claims.id("jti"),
    issuedAt: claims.integer("iat"),
    version: claims.formed("version", (text) => /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(text), "a version"),
    channel: claims.formed("channel", (text) => /^[a-z0-9][a-z0-9-]{0,31}$/.test(text), "a channel"),
    files: listed.map((file) => ({
      name: file.formed("name", isFileName, "a file name"),
      size: file.integer("size"),
      sha256: file.hash("sha256"),
    })),
  };
  const names = new Set(release.files.map((file) => file.name.toLowerCase()));
  if (listed.length < 1 || listed.length > MOST_FILES) {
    throw new FormatError("bad-claim", `the claim files must be 1 to ${MOST_FILES} files, not ${listed.length}`);
  }
  if (names.size !== listed.length) throw new FormatError("bad-claim", "the claim files must not name a file twice");
  return release;
}

function isFileName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]{0,95}$/.test(text) && !text.endsWith(".");
}
