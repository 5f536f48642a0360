import { encode } from "uqr";
import s from "./two-factor.module.css";

interface QrCodeProps {
  readonly text: string;
  readonly label: string;
}

/** Dark on light in both colour schemes: many cameras read nothing else. */
export function QrCode({ text, label }: QrCodeProps) {
  const { data, size } = encode(text, { border: 2 });
  const squares = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  return (
    <svg className={s.qr} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path d={squares.join("")} fill="currentColor" shapeRendering="crispEdges" />
    </svg>
  );
}
