"""What happens to a sweep when something breaks?"""
