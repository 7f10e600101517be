"""How Sphinx makes the documentation's site: `make docs`.

Its source is the whole repository, so that a link from one document to another is the same path on
the repository's page and in the site.
"""

import passerelle

project = "Passerelle"
version = release = passerelle.__version__
root_doc = "docs/index"

extensions = ["myst_parser"]
include_patterns = ["*.md", "docs/**", "bench/README.md", "cloudbuild/README.md"]
exclude_patterns = [".*", "build"]
myst_heading_anchors = 3  # levels of headings that a link may name with `#`
highlight_language = "none"  # of blocks that name none

html_theme = "furo"
html_title = f"Passerelle {version}"
html_favicon = "../services/frontend/static/icon.svg"
html_extra_path = ["site"]  # index.html, which leads to the root document
html_copy_source = False
html_show_copyright = html_show_sphinx = False
