import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";
import { frame } from "../words/frame.ts";

const amber: MantineColorsTuple = [
  "#fff4e6",
  "#ffe6c9",
  "#ffd29d",
  "#ffbd70",
  "#ffa64d",
  "#f28e2b",
  "#d16d0c",
  "#b35600",
  "#8f4400",
  "#6b3300",
];

const neutral: MantineColorsTuple = [
  "#ebecee",
  "#c9ccd1",
  "#a2a6ae",
  "#8e929b",
  "#3a3c42",
  "#2a2c31",
  "#1c1d21",
  "#17181b",
  "#101113",
  "#0b0c0d",
];

const FONT = '"Inter Variable", "Inter Fallback", system-ui, sans-serif';
const quick = { duration: 120 };

/** The `<header>` of a dialog is not the page's. */
const noBanner = { header: { role: "presentation" }, close: { "aria-label": frame.close } };

interface ButtonSize {
  readonly size?: unknown;
}

/** Height, padding and type of a button: 32 px in rows and forms, 40 px for the main step of a page. */
const buttonVars = (isLarge: boolean) => ({
  root: {
    "--button-height": isLarge ? "2.5rem" : "2rem",
    "--button-padding-x": isLarge ? "1.25rem" : "0.75rem",
    "--button-fz": "0.875rem",
  },
});

/** Filled buttons: ours, which know both schemes; `autoContrast` would look at one of them only. */
function fillColours(input: Parameters<VariantColorsResolver>[0]) {
  const usual = defaultVariantColorsResolver(input);
  if (input.variant !== "filled") return usual;
  const name = input.color === "red" ? "danger" : "accent";
  return {
    ...usual,
    background: `var(--${name}-fill)`,
    hover: `var(--${name}-fill-hover)`,
    color: `var(--on-${name})`,
  };
}

export const theme = createTheme({
  primaryColor: "amber",
  primaryShade: { light: 7, dark: 4 },
  variantColorResolver: fillColours,
  colors: { amber, dark: neutral },
  black: "#17120b",
  fontFamily: FONT,
  headings: {
    fontFamily: FONT,
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.75rem" },
      h2: { fontSize: "1rem", lineHeight: "1.5rem" },
      h3: { fontSize: "0.875rem", lineHeight: "1.25rem" },
    },
  },
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.375rem" },
  spacing: { xs: "0.25rem", sm: "0.5rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  radius: { xs: "3px", sm: "4px", md: "6px", lg: "8px", xl: "12px" },
  respectReducedMotion: true,
  cursorType: "pointer",
  // Plain objects: `Button.extend` and its like would bring every component into the first load.
  components: {
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: 32 } },
    Button: { vars: (_theme: unknown, { size }: ButtonSize) => buttonVars(size === "lg") },
    Drawer: { defaultProps: { transitionProps: quick, attributes: noBanner } },
    Menu: {
      defaultProps: {
        transitionProps: quick,
        shadow: "none",
        // Inside the landmark of its button.
        withinPortal: false,
        withInitialFocusPlaceholder: false,
      },
    },
    Modal: { defaultProps: { transitionProps: quick, centered: true, attributes: noBanner } },
    Notification: {
      defaultProps: { color: "gray", closeButtonProps: { "aria-label": frame.close } },
    },
    Popover: { defaultProps: { transitionProps: quick, shadow: "none", withinPortal: false } },
    Switch: { defaultProps: { withThumbIndicator: false } },
    Tooltip: { defaultProps: { openDelay: 400, transitionProps: { duration: 80 } } },
  },
});

const ours = {
  "--mantine-color-body": "var(--bg)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-bright": "var(--text)",
  "--mantine-color-dimmed": "var(--text-soft)",
  "--mantine-color-placeholder": "var(--text-faint)",
  "--mantine-color-anchor": "var(--accent-text)",
  "--mantine-color-error": "var(--danger)",
  "--mantine-color-default": "var(--bg-raised)",
  "--mantine-color-default-hover": "var(--bg-pressed)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-color-default-border": "var(--line)",
  // What harms, in menus.
  "--mantine-color-red-6": "var(--danger)",
  "--mantine-color-gray-light-color": "var(--text-soft)",
  "--mantine-color-gray-light-hover": "var(--bg-pressed)",
};

/** Points Mantine's colours at ours, which know both schemes. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: ours,
  dark: ours,
});
