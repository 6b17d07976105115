"""Pages for those who have no account: partners to whom a situation was handed. Nothing is told beside it."""
