/** Stable error codes (docs/format.md, section 6), the fact of an occurrence, and the advice that goes with a code. */

/** Every code with a sentence that says what to do next; the same words as in the other implementations. */
export const ADVICE = {
  "too-long": "This is not a file of this program. Take the .request or .response file itself.",
  "not-a-token": "Take the .request or .response file as it was written, or paste all of it.",
  "bad-encoding": "The file was changed on the way. Copy the original again, as a file rather than as text.",
  "bad-json": "The file was not made by a correct program. Make it again with the current version of the app.",
  "bad-header": "The file was not made by a correct program. Make it again with the current version of the app.",
  "wrong-alg": "Do not trust this file. Ask for a new one from the place where it should come from.",
  "unknown-type": "The file may come from a newer version. Update the program that reads it.",
  "wrong-type": "Take the other file: requests go from the machine to the vendor, responses come back.",
  "bad-signature": "The content was changed after signing. Copy the original again; if it stays so, ask for a new one.",
  "bad-claim": "The file was not made by a correct program. Make it again with the current version of the app.",
  "untrusted-key":
    "This was not signed by this vendor. Check that the file belongs to this product, and ask the vendor.",
  "bad-chain": "The vendor's signing set-up is faulty. Send this file to the vendor's support.",
  "out-of-scope": "The signer was not allowed to give this. Ask the vendor for a response signed with a key that may.",
  "approval-missing":
    "The signer may not give this alone. Ask the vendor for a response that a second person has approved.",
  "approval-wrong":
    "Do not use this file. Send it to the vendor's support, who can see what is wrong with the approval.",
  "revoked-key": "The vendor withdrew the key that signed this. Ask the vendor for a new response.",
  "retired-key":
    "The vendor has a newer root key. Ask the vendor for a new response, signed under that one.",
  "ended-key": "Make a new request here and ask the vendor for a response signed with a current key.",
  "back-dated":
    "Set this machine's clock right, make a new request and take that one to the vendor. If the clock is right, ask for a response signed with a current key; support can send a time reset.",
  "wrong-product": "Take the file for this product.",
  "wrong-device": "Each response fits one installation. Make a new request here and take that one to the vendor.",
  "wrong-machine": "Install it on the machine that made the request, or make a new request on this one.",
  "unknown-request": "Make a new request here and take that one to the vendor.",
  "import-expired": "Check this machine's date. If it is right, make a new request here and take that one to the vendor.",
  deactivated: "A given-up activation cannot be installed again. Make a new activation request.",
  superseded: "Nothing needs to be done: what is installed is newer than this file.",
  "damaged-file": "Copy the original file again, as a file rather than as text.",
} as const;

/** A stable error code. */
export type Code = keyof typeof ADVICE;

/** What is wrong with something that arrived: a code and the fact in words, without advice and without a full stop. */
export class FormatError extends Error {
  readonly code: Code;
  /** What `damaged-file` says in numbers, for programs that say it in another language. */
  readonly damage: Damage | undefined;

  constructor(code: Code, fact: string, damage?: Damage) {
    super(fact);
    this.name = "FormatError";
    this.code = code;
    this.damage = damage;
  }

  /** What to do next, for the person who holds the file. */
  get advice(): string {
    return ADVICE[this.code];
  }
}

/** How a file is damaged, with the numbers of this occurrence. */
export interface Damage {
  readonly how: "too-large" | "not-text" | "in-the-way" | "empty" | "part-missing" | "added" | "changed" | "end-missing";
  readonly numbers: Readonly<Record<string, string | number>>;
}
