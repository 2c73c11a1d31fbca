/** Scanning a QR code with this device's camera. The pictures stay here. */

import { loadDecoder } from "./decoder";
import { Failure } from "./failure";
import { Cancelled, OutOfTime, within } from "./patience";
import { pixels } from "./picture";
import { t } from "./words";
import { looksRight } from "./understand";
import { actions, button, element } from "./view";

const STARTING_MS = 60_000;
const SCANNING_MS = 120_000;
const TIP_MS = 12_000;
const PAUSE_MS = 80;
const LONGER_SIDE = 1280;

/** Opens the camera in a window of the page and waits for a code that could be a request: its text. */
export async function scan(): Promise<string> {
  const cancel = new AbortController();
  const stop = (): void => cancel.abort();
  const video = element("video", { playsinline: true, muted: true, "aria-label": t("scan.video") });
  video.muted = true;
  const hint = element("p", { role: "status" }, t("scan.starting"));
  const other = button(t("scan.switch"), () => void camera.next(), "quiet");
  other.hidden = true;
  const title = element("h2", { id: "scan-title" }, t("scan.title"));
  const window = element(
    "dialog", { class: "scan", "aria-labelledby": "scan-title" }, title,
    element("div", { class: "finder" }, video), hint, element("p", { class: "soft" }, t("scan.stays")),
    actions(other, button(t("wait.cancel"), stop, "quiet")),
  );
  const camera = new Camera(video, other);
  window.addEventListener("close", stop);
  document.body.append(window);
  window.showModal();
  try {
    const [find] = await Promise.all([loadDecoder(cancel.signal), within(STARTING_MS, () => camera.start(), cancel.signal)]);
    hint.textContent = t("scan.hint");
    const tip = setTimeout(() => { hint.textContent = t("scan.tip"); }, TIP_MS);
    try {
      return await within(SCANNING_MS, (signal) => look(video, find, hint, signal), cancel.signal);
    } finally {
      clearTimeout(tip);
    }
  } catch (error) {
    throw asFailure(error);
  } finally {
    camera.stop();
    window.close();
    window.remove();
  }
}

async function look(video: HTMLVideoElement, find: Awaited<ReturnType<typeof loadDecoder>>, hint: HTMLElement, signal: AbortSignal): Promise<string> {
  for (;;) {
    await new Promise((next) => { setTimeout(next, PAUSE_MS); });
    signal.throwIfAborted();
    const { videoWidth: width, videoHeight: height } = video;
    if (width === 0) continue;
    const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
    const text = await find(pixels(video, width, height, scale), false);
    if (text === undefined) continue;
    if (await looksRight(text)) return text;
    hint.textContent = t("scan.other-code");
  }
}

/** The camera that looks away from the visitor; another one, where there are more. */
class Camera {
  private stream: MediaStream | undefined;
  private stopped = false;
  private readonly video: HTMLVideoElement;
  private readonly other: HTMLElement;

  constructor(video: HTMLVideoElement, other: HTMLElement) {
    this.video = video;
    this.other = other;
  }

  async start(id?: string): Promise<void> {
    // Not there outside a secure context.
    if (!(navigator.mediaDevices as MediaDevices | undefined)) throw new Failure("camera-none");
    const which = id === undefined ? { facingMode: { ideal: "environment" } } : { deviceId: { exact: id } };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { ...which, width: { ideal: 1920 }, height: { ideal: 1080 } } });
    this.release();
    this.stream = stream;
    // The visitor may have given up while the browser asked.
    if (this.stopped) {
      this.release();
      return;
    }
    this.video.srcObject = stream;
    await this.video.play();
    this.other.hidden = (await this.cameras()).length < 2;
  }

  private async cameras(): Promise<string[]> {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
  }

  async next(): Promise<void> {
    const ids = await this.cameras();
    const now = this.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
    const id = ids[(ids.indexOf(now) + 1) % ids.length];
    // Many phones open one camera at a time.
    this.release();
    if (id !== undefined) await this.start(id).catch(() => this.start());
  }

  stop(): void {
    this.stopped = true;
    this.release();
  }

  private release(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
  }
}

function asFailure(error: unknown): unknown {
  if (error instanceof Failure || error instanceof Cancelled) return error;
  if (error instanceof OutOfTime) return new Failure("camera-slow");
  const name = error instanceof DOMException ? error.name : "";
  const detail = String(error);
  return name === "NotAllowedError" ? new Failure("camera-denied", { detail }) : new Failure("camera-none", { detail });
}
