"""The connection of a company's number: what people ask for, what the server reports."""
