"""Reading what people mean. Pure: the same words always mean the same; lists are data in lexicons/."""
