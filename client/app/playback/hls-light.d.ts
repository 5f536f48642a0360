/** The library without pictures and subtitles, whose types are those of the whole one. */
declare module "hls.js/light" {
  export { default } from "hls.js";
}
