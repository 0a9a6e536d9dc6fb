"""AWS, spoken to through botocore: the only home of botocore in the toolkit."""
