"""Files to text for a question: PDF, text, Markdown and source.

`attaching` is for whoever lets a person choose files, `reading` for a single one, `fitting` for what fits into a
model's context, `prompting` for what a node is sent. Nothing is loaded from here: the reading process starts quickly.
"""
