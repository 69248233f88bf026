"""What the user can do, each with its key, icon and text; menus and notices made of it.

Start in `actions`.
"""
