"""What the user can do, each with its key, icon and text; menus and notices are made from it.

Start in `table`.
"""
