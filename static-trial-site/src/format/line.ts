/**
 * The line of a vendor's roots, as far as rotations have told of it: one predecessor and one successor each, and a number.
 * What was learned first stays, whatever a stolen old root signs later.
 */

import { FormatError } from "./error";
import type { PublicKey } from "./key";
import type { Rotation } from "./rotation";

/** A line never changes: learning makes a new one. */
export class Line {
  /** In the order of their numbers. */
  readonly rotations: readonly Rotation[];

  constructor(rotations: readonly Rotation[] = []) {
    this.rotations = rotations;
  }

  /** The key of a root that is in the line. */
  find(kid: string): PublicKey | undefined {
    const after = this.rotations.find((r) => r.newKid === kid);
    return after ? after.newKey : this.from(kid)?.oldKey;
  }

  /** The time from which a root signs nothing more: a successor cannot vouch for longer than it lasts itself. */
  until(kid: string): number | undefined {
    let end: number | undefined;
    for (let link = this.from(kid); link; link = this.from(link.newKid)) end = Math.min(end ?? link.until, link.until);
    return end;
  }

  /** Whether `kid` came after `other`. */
  isAfter(kid: string, other: string): boolean {
    const [mine, its] = [this.number(kid), this.number(other)];
    return mine !== undefined && its !== undefined && mine > its;
  }

  /** The line with rotations that follow one another; refused unless one of their roots is trusted and all fit what is known. */
  learn(piece: readonly Rotation[], isConfigured: (kid: string) => boolean): Line {
    piece.slice(1).forEach((next, index) => {
      const before = piece[index] as Rotation;
      if (before.newKid !== next.oldKid || before.seq + 1 !== next.seq) {
        throw new FormatError("bad-chain", "the root rotations do not follow one another");
      }
    });
    const isTrusted = (kid: string): boolean => isConfigured(kid) || this.number(kid) !== undefined;
    if (!piece.some(({ oldKid, newKid }) => isTrusted(oldKid) || isTrusted(newKid))) {
      const fact = `the root rotation is signed by the key ${piece[0]?.oldKid}, which leads to none of the trusted root keys`;
      throw new FormatError("untrusted-key", fact);
    }
    let line: Line = this;
    for (const rotation of piece) line = line.makingWay(rotation, isConfigured).with(rotation);
    for (const { newKid } of piece) {
      // A root that another has replaced cannot vouch for a predecessor any more.
      const [link, end] = [line.rotations.find((r) => r.newKid === newKid), line.until(newKid)];
      if (link && end !== undefined && link.issuedAt >= end) throw retired(newKid);
    }
    return line;
  }

  private from(kid: string): Rotation | undefined {
    return this.rotations.find((rotation) => rotation.oldKid === kid);
  }

  private number(kid: string): number | undefined {
    const after = this.rotations.find((rotation) => rotation.newKid === kid);
    if (after) return after.seq;
    const before = this.from(kid);
    return before && before.seq - 1;
  }

  /** A root that was given to the program itself wins over one that it has only heard of. */
  private makingWay(rotation: Rotation, isConfigured: (kid: string) => boolean): Line {
    const known = this.from(rotation.oldKid);
    if (!known || known.newKid === rotation.newKid || !isConfigured(rotation.newKid)) return this;
    const [kept, gone] = [
      this.rotations.filter(({ seq }) => seq < known.seq),
      this.rotations.filter(({ seq }) => seq >= known.seq),
    ];
    return gone.some(({ newKid }) => isConfigured(newKid)) ? this : new Line(kept);
  }

  private with(rotation: Rotation): Line {
    const { oldKid, newKid, seq } = rotation;
    const another = (fact: string): never => {
      throw new FormatError("untrusted-key", fact);
    };
    for (const known of this.rotations) {
      if ((known.oldKid === oldKid) !== (known.newKid === newKid)) {
        another(known.oldKid === oldKid ? "another successor of this root key is known" : "another predecessor of this root key is known");
      }
    }
    for (const [kid, number] of [[oldKid, seq - 1], [newKid, seq]] as const) {
      const known = this.number(kid);
      if (known !== undefined && known !== number) {
        throw new FormatError("bad-chain", `the root key ${kid} is known under another number than ${number}`);
      }
      const there = this.rotations.flatMap((r) => (r.seq === number ? [r.newKid] : r.seq - 1 === number ? [r.oldKid] : []));
      if (there.some((other) => other !== kid)) another(`another root key with the number ${number} is known`);
    }
    const before = this.rotations.find((known) => known.seq === seq);
    if (before && before.until <= rotation.until) return this;
    const others = this.rotations.filter((known) => known !== before);
    return new Line([...others, rotation].sort((a, b) => a.seq - b.seq));
  }
}

/** The error that something hangs on a root that was replaced. */
export function retired(kid: string): FormatError {
  return new FormatError("retired-key", `it hangs on the root key ${kid}, which the vendor has replaced by another`);
}
