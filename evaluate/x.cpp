// keeps the library from being empty
