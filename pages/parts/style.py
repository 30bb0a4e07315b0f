"""The few looks that the theme cannot give; everything else is Streamlit's own."""

import streamlit as st

_RULES = """<style>
/* A filter's sentence stands on the left of its button, its numbers on the right. */
[class*="st-key-sentence-"] button { justify-content: flex-start; text-align: left; }
[class*="st-key-sentence-"] button > div,
[class*="st-key-sentence-"] button > div > span,
[class*="st-key-sentence-"] button [data-testid="stMarkdownContainer"] { width: 100%; }
[class*="st-key-sentence-"] button p { display: flex; align-items: center; gap: 1rem; width: 100%; text-align: left; }
[class*="st-key-sentence-"] button p > :last-child { margin-left: auto; white-space: nowrap; }
/* A cursor takes no line of its own: the box would lose that line under the mouse, and the click beneath it go astray. */
[data-testid="stMultiSelectTagsContainer"] input[value=""] { min-width: 8px !important; }
/* A list of choices is as wide as its longest, not as the box above it. */
[data-testid="stSelectboxVirtualDropdown"] { width: max-content !important; min-width: var(--trigger-width); max-width: min(30rem, 92vw); }
[data-testid="stSelectboxVirtualDropdown"]:has([role="presentation"]) { min-width: max(var(--trigger-width), 23rem); }
/* A message that comes and goes stands at the foot of the window: at the top it would lie on Save and More for four seconds. */
[data-testid="stToastContainer"] { top: auto !important; bottom: 1.5rem !important; }
/* A label for screen readers; the eye sees the icon. */
[class*="st-key-icon-only-"] button p { position: absolute; width: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
/* On a narrow screen the menu gives its icons for its last pages, which would be folded into “2 more”. */
@media (max-width: 960px) { [data-testid="stTopNavLink"] > span:has([data-testid="stIconMaterial"]) { display: none; } }
</style>"""


def style() -> None:
    """Put the rules into the page; constant text, no data."""
    st.html(_RULES)
