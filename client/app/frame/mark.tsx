/** The mark: a level, with the loudest bar lit. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <g fill="var(--text-faint)">
        <rect x="6" y="24" width="7" height="16" rx="3.5" />
        <rect x="17" y="16" width="7" height="32" rx="3.5" />
        <rect x="40" y="13" width="7" height="38" rx="3.5" />
        <rect x="51" y="23" width="7" height="18" rx="3.5" />
      </g>
      <rect x="28.5" y="6" width="7" height="52" rx="3.5" fill="var(--accent)" />
    </svg>
  );
}
