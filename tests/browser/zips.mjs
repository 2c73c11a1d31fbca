// Zips with names that no folder can hold: made and read by Python, not by what is tested.
import { execFileSync } from "node:child_process";

/** A zip of `entries` [[name, text], …] as they are named. */
export function zipNamed(path, entries) {
  const program = "import json,sys,zipfile\nz=zipfile.ZipFile(sys.argv[1],'w',zipfile.ZIP_DEFLATED)\nfor name,text in json.load(sys.stdin): z.writestr(zipfile.ZipInfo(name),text)\nz.close()";
  execFileSync("python3", ["-W", "ignore", "-c", program, path], { input: JSON.stringify(entries) });
  return path;
}

/** The names in a zip. */
export function namesInZip(path) {
  const program = "import json,sys,zipfile\nprint(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))";
  return JSON.parse(execFileSync("python3", ["-c", program, path]));
}
