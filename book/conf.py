"""How the book is built: Markdown through Sphinx, with nothing fetched from anywhere."""

import re
import sys
from pathlib import Path

import furo

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "mini-docker"
author = "the mini-docker authors"
copyright = author  # an EPUB must have both
html_title = "mini-docker: Docker from the kernel up"
html_short_title = "mini-docker"
extensions = ["myst_parser", "listing", "sections", "guards"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["README.md", "_ext"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False
pygments_style = "tango"
pygments_dark_style = "github-dark"
smartquotes_action = "q"  # not the dashes: --name is an option


def dark_colors():
    """The theme's dark colors. Debian builds its style sheet without the rule that applies them
    when the reader's system asks for dark pages; given as options, they are applied by both."""
    style = Path(furo.__file__).parent / "theme/furo/static/styles/furo.css"
    text = style.read_text() if style.exists() else ""
    block = re.search(r'body\[data-theme="dark"\] \{([^}]*)', text)
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block.group(1))) if block else {}


html_theme_options = {"navigation_with_keys": True, "dark_css_variables": dark_colors()}
epub_title = html_title
epub_show_urls = "no"
