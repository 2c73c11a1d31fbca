/** The vendor's colour, made readable: on the page's papers in light and dark, and under the text of buttons (WCAG 2, 4.5 to 1). */

type Rgb = readonly [number, number, number];

/** The papers of page.css that coloured text stands on: the least favourable one of each. */
const PAPERS: Record<Scheme, Rgb> = { light: [0xe6, 0xec, 0xf3], dark: [0x2a, 0x35, 0x42] };
const ENOUGH = 4.6;

/** The reader's setting. */
export type Scheme = "light" | "dark";

/** A colour for links and buttons, and one for text on it, as CSS takes them. */
export function readable(accent: string, scheme: Scheme): { accent: string; text: string } {
  const wanted = parse(accent);
  const towards: Rgb = scheme === "light" ? [0, 0, 0] : [255, 255, 255];
  let colour = wanted;
  for (let step = 1; contrast(colour, PAPERS[scheme]) < ENOUGH && step <= 50; step++) colour = mix(wanted, towards, step / 50);
  const text: Rgb = contrast(colour, [255, 255, 255]) >= contrast(colour, [0, 0, 0]) ? [255, 255, 255] : [0, 0, 0];
  return { accent: css(colour), text: css(text) };
}

/** WCAG's ratio of two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** `#0b5fff` in numbers. */
export function parse(hex: string): Rgb {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;
}

function css(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function mix(from: Rgb, to: Rgb, part: number): Rgb {
  return from.map((value, index) => Math.round(value + ((to[index] as number) - value) * part)) as unknown as Rgb;
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
