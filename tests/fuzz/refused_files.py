"""Which of the real files trivox refuses: a pattern of the name, and a part of what it says."""
REFUSED = {
}
