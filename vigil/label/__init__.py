"""`vigil label`: a person, or other people's labels, say what is true in a real clip.

What belongs here: the command, the page in a browser and its server on loopback. The forms are in vigil/truth.
"""
